function Invoke-Trial([string]$Name) {
    $user = [string][Security.Principal.WindowsIdentity]::GetCurrent().Name
    switch ($Name) {
        'Get-Sha256' { Get-Sha256 ($Utf8.GetBytes('abc')) }
        'Get-TextOrNull' { Get-TextOrNull 'abc' }
        'Get-Text' { Get-Text 7 }
        'Get-Number' { Get-Number ([uint32]4294967295) }
        'Get-Bounded' { Get-Bounded 9 1 5 }
        'Get-ShortText' { (Get-ShortText ('x' * 2000)).Length }
        'Get-Time' { Get-Time ([DateTime]::UtcNow) }
        'Get-Flag' { Get-Flag 1 }
        'ConvertTo-Failure' { try { Stop-Absent 'nothing' } catch { (ConvertTo-Failure $_).status } }
        'ConvertTo-Capped' { @((ConvertTo-Capped ([ordered]@{ list = @(1, 2) }) ([ordered]@{}) @{ list = 1 }).lacking.Keys)[0] }
        'Get-RegistryKeyNames' { @((Get-RegistryKeyNames 'SOFTWARE\Microsoft\Windows NT\CurrentVersion').Names).Count }
        'Get-RegistryValueNames' { @(Get-RegistryValueNames 'SOFTWARE\Microsoft\Windows NT\CurrentVersion').Count }
        'Get-RegistryText' { Get-RegistryText 'SOFTWARE\Microsoft\Windows NT\CurrentVersion' 'InstallationType' }
        'Get-PartText' { Get-PartText 'SOFTWARE\Microsoft\Windows NT\CurrentVersion' 'InstallationType' ([ordered]@{}) 'text' }
        'Get-RegistryStrings' { @(Get-RegistryStrings ('SYSTEM\CurrentControlSet\Services\' + 'RpcSs') 'DependOnService').Count }
        'Get-RegistryNumber' { Get-RegistryNumber 'SOFTWARE\Microsoft\Windows NT\CurrentVersion' 'UBR' }
        'Get-PartNumber' { Get-PartNumber 'SOFTWARE\Microsoft\Windows NT\CurrentVersion' 'UBR' ([ordered]@{}) 'number' }
        'Get-RegistryBytes' { (Get-RegistryBytes ('SYSTEM\CurrentControlSet\Services\' + 'RpcSs') 'FailureActions').Length }
        'Get-CimInstance' { @(Get-CimInstance -Namespace root/cimv2 -ClassName Win32_Service -Filter "Name='RpcSs'" -OperationTimeoutSec 15)[0].DelayedAutoStart }
        'Get-ClusterRows' { @(Get-ClusterRows MSCluster_Resource).Count }
        'Get-KeySecurity' { (Get-KeySecurity 'SOFTWARE\Microsoft\ENTSSO').Length }
        'Get-FolderFiles' { @(Get-FolderFiles (Get-EntssoFolder) 'ENTSSO.exe').Count }
        'Get-FileVersion' { @(Get-FolderFiles (Get-EntssoFolder) 'ENTSSO.exe' | ForEach-Object { (Get-FileVersion $_.FullName).FileMajorPart })[0] }
        'Get-FileSecurity' { @(Get-FolderFiles (Get-EntssoFolder) 'ENTSSO.exe' | ForEach-Object { (Get-FileSecurity $_.FullName).Length })[0] }
        'Get-HostsSize' { Get-HostsSize }
        'Get-HostsLines' { @(Get-HostsLines).Count }
        'Get-Addresses' { @(Get-Addresses $env:COMPUTERNAME).Count }
        'Get-HostName' { Get-HostName '127.0.0.1' }
        'Get-MachineSid' { Get-MachineSid }
        'Get-Sid' { Get-Sid $user }
        'Initialize-Lsa' { Initialize-Lsa }
        'Get-AccountKind' { Initialize-Lsa; Get-AccountKind 'S-1-5-18' }
        'Get-RightHolders' { Initialize-Lsa; @(Get-RightHolders 'SeServiceLogonRight').Count }
        'Get-TokenSids' {
            if (-not $Parameters.s4u) { throw 'left out (--no-s4u)' }
            @(Get-TokenSids @(Get-LogonForms $user)[0]).Count
        }
    }
}

function Get-Trial([string]$Name) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    try {
        $answer = Get-TextOrNull (Invoke-Trial $Name)
        [ordered]@{ name = $Name; works = $true; answer = $answer; error = $null; code = $null; milliseconds = $watch.ElapsedMilliseconds }
    } catch {
        $failure = ConvertTo-Failure $_
        [ordered]@{ name = $Name; works = $false; answer = $null; error = [string]$failure.message; code = Get-TextOrNull $failure.code; milliseconds = $watch.ElapsedMilliseconds }
    }
}

# Names only: what is stored under them is not read.
function Get-NamesBelow([string]$Key) {
    $keys = $null
    $values = $null
    try {
        $found = Get-RegistryKeyNames $Key
        if ($null -ne $found) {
            $keys = @($found.Names)
            $values = @(Get-RegistryValueNames $Key)
        }
    } catch {
        $keys = $null
    }
    [ordered]@{ key = $Key; keys = $keys; values = $values }
}

function Read-SelfTest {
    $names = @(
        'Get-Sha256', 'Get-TextOrNull', 'Get-Text', 'Get-Number', 'Get-Bounded', 'Get-ShortText',
        'Get-Time', 'Get-Flag', 'ConvertTo-Failure', 'ConvertTo-Capped', 'Get-RegistryKeyNames', 'Get-RegistryValueNames',
        'Get-RegistryText', 'Get-PartText', 'Get-RegistryStrings', 'Get-RegistryNumber', 'Get-PartNumber', 'Get-RegistryBytes',
        'Get-CimInstance', 'Get-ClusterRows', 'Get-KeySecurity', 'Get-FolderFiles', 'Get-FileVersion', 'Get-FileSecurity',
        'Get-HostsSize', 'Get-HostsLines', 'Get-Addresses', 'Get-HostName', 'Get-MachineSid', 'Get-Sid',
        'Initialize-Lsa', 'Get-AccountKind', 'Get-RightHolders', 'Get-TokenSids'
    )
    # More than any one piece of output holds; it is no answer, and nobody reads it.
    [Console]::Out.WriteLine([string]$Parameters.padding)
    [ordered]@{
        framework_version = Get-RegistryText 'SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full' 'Version'
        build = Get-RegistryText 'SOFTWARE\Microsoft\Windows NT\CurrentVersion' 'CurrentBuildNumber'
        installation = Get-RegistryText 'SOFTWARE\Microsoft\Windows NT\CurrentVersion' 'InstallationType'
        code_page = [int64][Console]::OutputEncoding.CodePage
        temp_path = [string][IO.Path]::GetTempPath()
        padding = [int64]([string]$Parameters.padding).Length
        trials = @($names | ForEach-Object { Get-Trial $_ })
        names_below = @('SOFTWARE\Microsoft\ENTSSO', 'SOFTWARE\Microsoft\ENTSSO\SQL', 'SOFTWARE\Microsoft\BizTalk Server\3.0', 'SOFTWARE\Microsoft\Host Integration Server' | ForEach-Object { Get-NamesBelow $_ })
    }
}
