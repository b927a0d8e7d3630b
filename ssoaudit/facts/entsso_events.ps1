function Read-EntssoEvents {
    Get-Events 'Application' ('Provider[@Name="ENTSSO"] and ' +
        '((EventID >= 10501 and EventID <= 10505) or (EventID >= 10520 and EventID <= 10526) or ' +
        '(EventID >= 10528 and EventID <= 10530) or EventID=10534 or ' +
        '(EventID >= 10559 and EventID <= 10565) or (EventID >= 10575 and EventID <= 10577) or ' +
        '(EventID >= 10582 and EventID <= 10583) or EventID=10589 or EventID=10611)')
}
