function Get-Cids([string]$Key) {
    $found = Get-RegistryKeyNames $Key
    if ($null -eq $found) { return }
    foreach ($guid in $found.Names) {
        [ordered]@{ guid = [string]$guid; description = Get-RegistryText "$Key\$guid\Description" '' }
    }
}

function Get-ClusteredCids {
    foreach ($resource in (Get-RegistryKeyNames 'Cluster\Resources').Names) {
        foreach ($cid in @(Get-Cids "Cluster\Resources\$resource\MSDTCPRIVATE\CID")) {
            [ordered]@{ resource_id = [string]$resource; guid = $cid.guid; description = $cid.description }
        }
    }
}

function Read-MsdtcIdentities {
    $data = [ordered]@{ contact = @(Get-Cids 'SOFTWARE\Classes\CID'); contact_32_bit = $null; local = $null; clustered = $null }
    if ($null -ne (Get-RegistryKeyNames 'SOFTWARE\Wow6432Node\Classes\CID')) {
        $data.contact_32_bit = @(Get-Cids 'SOFTWARE\Wow6432Node\Classes\CID')
    }
    if ($null -ne (Get-RegistryKeyNames 'SOFTWARE\Classes\CID.Local')) {
        $data.local = @(Get-Cids 'SOFTWARE\Classes\CID.Local')
    }
    if ($null -ne (Get-RegistryKeyNames 'Cluster\Resources')) {
        $data.clustered = @(Get-ClusteredCids)
    }
    ConvertTo-Capped $data ([ordered]@{}) @{ contact = 64; contact_32_bit = 64; local = 64; clustered = 200 }
}
