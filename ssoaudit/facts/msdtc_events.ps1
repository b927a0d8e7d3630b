function Read-MsdtcEvents {
    Get-Events 'Application' ('Provider[@Name="Microsoft-Windows-MSDTC" or @Name="Microsoft-Windows-MSDTC Client" or @Name="Microsoft-Windows-MSDTC 2" or @Name="Microsoft-Windows-MSDTC Client 2"] and ' +
        '(EventID=4101 or EventID=4104 or EventID=4111 or EventID=4202 or EventID=4350 or ' +
        '(EventID >= 4874 and EventID <= 4876) or EventID=4879)')
}
