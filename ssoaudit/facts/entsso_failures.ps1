function Read-EntssoFailures {
    Get-Events 'Application' ('Provider[@Name="ENTSSO"] and ' +
        '(EventID=10500 or (EventID >= 10507 and EventID <= 10519) or EventID=10527 or ' +
        '(EventID >= 10532 and EventID <= 10533) or (EventID >= 10536 and EventID <= 10558) or ' +
        '(EventID >= 10566 and EventID <= 10574) or (EventID >= 10578 and EventID <= 10581) or ' +
        '(EventID >= 10584 and EventID <= 10588) or (EventID >= 10590 and EventID <= 10610) or ' +
        'EventID >= 10612)')
}
