package carrier_data

default decision := "deny"

decision := "allow" if input.destination == "carrier.example"
