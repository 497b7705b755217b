"""Stand-ins of those who vouch for people: OneID, E-IMZO, id.gov.ua and the SMS gateways."""
