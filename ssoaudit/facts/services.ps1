function Read-Services {
    $names = 'ENTSSO', 'MSDTC', 'W3SVC', 'ClusSvc', 'RpcSs', 'SSOPS'
    $filter = @($names | ForEach-Object { "Name='$_'" }) + "Name LIKE 'MSDTC$%'" + "Name LIKE 'BTSSvc$%'"
    $found = @(Get-CimInstance -Namespace root/cimv2 -ClassName Win32_Service -Filter ($filter -join ' OR ') -OperationTimeoutSec 15)
    $services = @(foreach ($service in $found) {
        $key = 'SYSTEM\CurrentControlSet\Services\' + $service.Name
        [ordered]@{
            name = Get-Text $service.Name
            display_name = [string]$service.DisplayName
            state = Get-Text $service.State
            start_mode = Get-Text $service.StartMode
            start_name = Get-TextOrNull $service.StartName
            process_id = Get-Number $service.ProcessId
            path = Get-TextOrNull $service.PathName
            depends_on = @(Get-RegistryStrings $key 'DependOnService')
        }
    })
    [ordered]@{ services = $services }
}
