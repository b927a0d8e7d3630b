function Read-ClusterMoves {
    Get-Events 'Microsoft-Windows-FailoverClustering/Operational' ('Provider[@Name="Microsoft-Windows-FailoverClustering"] and ' +
        '((EventID >= 1200 and EventID <= 1204) or EventID=1637 or EventID=1641)')
}
