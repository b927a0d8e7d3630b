function Invoke-Trial([string]$Name) {
    $user = [string][Security.Principal.WindowsIdentity]::GetCurrent().Name
    switch ($Name) {
        'Get-Sha256' { Get-Sha256 ($Utf8.GetBytes('abc')) }
        'Get-RegistryKeyNames' { @((Get-RegistryKeyNames 'SOFTWARE\Microsoft\Windows NT\CurrentVersion').Names).Count }
        'Get-RegistryValueNames' { @(Get-RegistryValueNames 'SOFTWARE\Microsoft\Windows NT\CurrentVersion').Count }
        'Get-RegistryText' { Get-RegistryText 'SOFTWARE\Microsoft\Windows NT\CurrentVersion' 'InstallationType' }
        'Get-RegistryStrings' { @(Get-RegistryStrings ('SYSTEM\CurrentControlSet\Services\' + 'RpcSs') 'DependOnService').Count }
        'Get-RegistryNumber' { Get-RegistryNumber 'SOFTWARE\Microsoft\Windows NT\CurrentVersion' 'UBR' }
        'Get-RegistryBytes' { @(Get-RegistryBytes ('SYSTEM\CurrentControlSet\Services\' + 'RpcSs') 'FailureActions').Count }
        'Get-CimInstance' { @(Get-CimInstance -Namespace root/cimv2 -ClassName Win32_Service -Filter "Name='RpcSs'" -OperationTimeoutSec 15)[0].DelayedAutoStart }
        'Get-ClusterRows' { @(Get-ClusterRows MSCluster_Resource).Count }
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
    $names = 'Get-Sha256', 'Get-RegistryKeyNames', 'Get-RegistryValueNames', 'Get-RegistryText', 'Get-RegistryStrings', 'Get-RegistryNumber', 'Get-RegistryBytes', 'Get-CimInstance', 'Get-ClusterRows', 'Get-MachineSid', 'Get-Sid', 'Initialize-Lsa', 'Get-AccountKind', 'Get-RightHolders', 'Get-TokenSids'
    [ordered]@{
        framework_version = Get-RegistryText 'SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full' 'Version'
        build = Get-RegistryText 'SOFTWARE\Microsoft\Windows NT\CurrentVersion' 'CurrentBuildNumber'
        installation = Get-RegistryText 'SOFTWARE\Microsoft\Windows NT\CurrentVersion' 'InstallationType'
        code_page = [int64][Console]::OutputEncoding.CodePage
        temp_path = [string][IO.Path]::GetTempPath()
        padding = [int64]([string]$Parameters.padding).Length
        trials = @($names | ForEach-Object { Get-Trial $_ })
        names_below = @('SOFTWARE\Microsoft\ENTSSO', 'SOFTWARE\Microsoft\ENTSSO\SQL' | ForEach-Object { Get-NamesBelow $_ })
    }
}
