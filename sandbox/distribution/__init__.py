"""The distribution system's stand-in: SOAP 1.1, document/literal, in the shape of MultiSpeak, with its manners."""
