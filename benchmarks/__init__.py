"""What is measured, and the peers it is measured against; see README.md beside this file."""
