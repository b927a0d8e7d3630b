function Read-ServiceEvents {
    Get-Events 'System' ('Provider[@Name="Service Control Manager"] and ' +
        '(EventID=7000 or EventID=7001 or EventID=7009 or EventID=7011 or EventID=7023 or EventID=7024 or ' +
        'EventID=7031 or EventID=7034 or EventID=7038 or EventID=7041)')
}
