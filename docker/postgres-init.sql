-- Run once by psql, as superuser, when the server's data directory is new: the gateway's own database, and the database
-- that the sandbox fills with the supply system's tables. Passwords come from the container's environment.
\getenv store_password STORE_PASSWORD
\getenv owner_password SUPPLY_OWNER_PASSWORD
\getenv reader_password SUPPLY_READER_PASSWORD

create role gridgate login password :'store_password';
create database gridgate owner gridgate;
revoke all on database gridgate from public;

create role supply_owner login password :'owner_password';
create role supply_reader login password :'reader_password';
create database supply owner supply_owner;
revoke all on database supply from public;
grant connect on database supply to supply_reader;

\connect supply
-- The gateway only reads the supply system, so that is all its role may do.
alter default privileges for role supply_owner in schema public grant select on tables to supply_reader;
