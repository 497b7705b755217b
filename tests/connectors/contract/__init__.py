"""What every adapter of a legacy system must do: subclass a contract and give its fixtures."""
