function Invoke-EndpointMapper([string]$Name) { $client = New-Object Net.Sockets.TcpClient 'InterNetworkV6'; try { $client.Client.DualMode = $true; $call = $client.BeginConnect($Name, 135, $null, $null); if (-not $call.AsyncWaitHandle.WaitOne(2000)) { throw (New-Object TimeoutException 'no answer within 2 s') }; $client.EndConnect($call) } finally { $client.Close() } }

function Read-EndpointMapper {
    if (-not $Parameters.active_network) { throw 'no connection was allowed (--active-network)' }
    $names = @(Get-Distinct $Parameters.network_names)
    if ($names.Count -gt 8) { throw 'there are more than 8 names' }
    $connections = @(foreach ($name in $names) {
        $watch = [Diagnostics.Stopwatch]::StartNew()
        $connection = [ordered]@{ name = $name; is_open = $true; milliseconds = 0; code = $null; error = $null }
        try {
            Invoke-EndpointMapper $name
        } catch {
            $failure = ConvertTo-Failure $_
            $connection.is_open = $false
            $connection.code = $failure.code
            $connection.error = Get-ShortText $failure.message
        }
        $connection.milliseconds = $watch.ElapsedMilliseconds
        $connection
    })
    ConvertTo-Capped ([ordered]@{ connections = @($connections) }) ([ordered]@{}) @{ connections = 8 }
}
