function Read-ClusterEvents {
    Get-Events 'System' ('Provider[@Name="Microsoft-Windows-FailoverClustering"] and ' +
        '(EventID=1024 or (EventID >= 1040 and EventID <= 1042) or (EventID >= 1049 and EventID <= 1051) or ' +
        'EventID=1069 or EventID=1121 or EventID=1135 or EventID=1137 or EventID=1146 or EventID=1182 or ' +
        '(EventID >= 1193 and EventID <= 1196) or (EventID >= 1205 and EventID <= 1215) or EventID=1672)')
}
