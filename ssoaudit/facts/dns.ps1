function Get-Addresses([string]$Name) { $call = [Net.Dns]::BeginGetHostAddresses($Name, $null, $null); if (-not $call.AsyncWaitHandle.WaitOne(3000)) { throw (New-Object TimeoutException 'no answer within 3 s') }; [Net.Dns]::EndGetHostAddresses($call) | ForEach-Object { [string]$_ } }

function Get-HostName([string]$Address) { $call = [Net.Dns]::BeginGetHostEntry([Net.IPAddress]::Parse($Address), $null, $null); if (-not $call.AsyncWaitHandle.WaitOne(3000)) { throw (New-Object TimeoutException 'no answer within 3 s') }; [string][Net.Dns]::EndGetHostEntry($call).HostName }

function Get-HostsLines { [IO.File]::ReadAllLines([Environment]::SystemDirectory + '\drivers\etc\hosts') }

function Get-HostsSize { (New-Object IO.FileInfo ([Environment]::SystemDirectory + '\drivers\etc\hosts')).Length }

# All names together have 15 s, and so have all addresses: what comes later is told as not asked.
function Resolve-Addresses([string]$Name, $Watch) {
    $answer = [ordered]@{ name = $Name; addresses = @(); code = $null; error = $null }
    try {
        if ($Watch.ElapsedMilliseconds -gt 15000) { throw (New-Object TimeoutException 'not asked: the names before it took 15 s') }
        $found = @(Get-Addresses $Name)
        if ($found.Count -gt 32) { throw 'there are more than 32 addresses' }
        $answer.addresses = @($found)
    } catch {
        $failure = ConvertTo-Failure $_
        $answer.code = $failure.code
        $answer.error = Get-ShortText $failure.message
    }
    $answer
}

function Resolve-HostName([string]$Address, $Watch) {
    $answer = [ordered]@{ address = $Address; host_name = $null; code = $null; error = $null }
    try {
        if ($Watch.ElapsedMilliseconds -gt 15000) { throw (New-Object TimeoutException 'not asked: the addresses before it took 15 s') }
        $answer.host_name = Get-TextOrNull (Get-HostName $Address)
    } catch {
        $failure = ConvertTo-Failure $_
        $answer.code = $failure.code
        $answer.error = Get-ShortText $failure.message
    }
    $answer
}

# Of the hosts file, what is said of the names asked about, with or without their domain.
function Get-HostsEntries($Lines, $Names) {
    $labels = @($Names | ForEach-Object { @($_ -split '\.')[0] })
    foreach ($line in $Lines) {
        $words = @(($line -replace '#.*$', '') -split '\s+' | Where-Object { $_ -ne '' })
        for ($index = 1; $index -lt $words.Count; $index += 1) {
            if ($Names -contains $words[$index] -or $Names -contains @($words[$index] -split '\.')[0] -or $labels -contains $words[$index]) {
                [ordered]@{ address = [string]$words[0]; name = [string]$words[$index] }
            }
        }
    }
}

function Read-Dns {
    $lacking = [ordered]@{}
    $names = @(Get-Distinct $Parameters.hosts)
    # Beyond the cap nothing is asked: of a cut list nobody could say what it does not hold.
    $asked = @(if ($names.Count -le 300) { $names })
    if ($names.Count -gt 300) { $lacking.forward = 'there are more than 300 names' }
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $forward = @($asked | ForEach-Object { Resolve-Addresses $_ $watch })
    $addresses = @(Get-Distinct @($forward | ForEach-Object { $_.addresses }))
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $data = [ordered]@{
        forward = @($forward)
        reverse = @(if ($addresses.Count -le 300) { $addresses | ForEach-Object { Resolve-HostName $_ $watch } })
        hosts_overrides = @()
    }
    if ($addresses.Count -gt 300) { $lacking.reverse = 'there are more than 300 addresses' }
    if ($names.Count -gt 300) { $lacking.reverse = 'the names were not asked about' }
    try {
        $adapters = @(Get-CimInstance -Namespace root/cimv2 -ClassName Win32_NetworkAdapterConfiguration -Filter 'IPEnabled=TRUE' -OperationTimeoutSec 15)
        $data.own_addresses = @($adapters | ForEach-Object { $_.IPAddress } | Where-Object { $null -ne $_ } | ForEach-Object { [string]$_ })
    } catch {
        $lacking.own_addresses = (ConvertTo-Failure $_).message
    }
    try {
        if ((Get-HostsSize) -gt 1048576) { throw 'the hosts file is larger than 1 MB' }
        $data.hosts_overrides = @(Get-HostsEntries @(Get-HostsLines) $names)
    } catch {
        # 0x80070002 and 0x80070003 say that there is no such file, which is allowed.
        $failure = ConvertTo-Failure $_
        if ($failure.code -ne '0x80070002' -and $failure.code -ne '0x80070003') {
            $data.Remove('hosts_overrides')
            $lacking.hosts_overrides = $failure.message
        }
    }
    ConvertTo-Capped $data $lacking @{ forward = 300; reverse = 300; hosts_overrides = 100; own_addresses = 256 }
}
