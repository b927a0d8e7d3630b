param([string]$EncodedParameters)

# ssoaudit: reads facts, changes nothing. What may be called here is listed in docs/read-only.md.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$WarningPreference = 'SilentlyContinue'
$Utf8 = New-Object Text.UTF8Encoding $false
$Parameters = ConvertFrom-Json ($Utf8.GetString([Convert]::FromBase64String($EncodedParameters)))
$LocalMachine = [uint32]2147483650

function Get-Sha256([byte[]]$Bytes) {
    $hash = [Security.Cryptography.SHA256]::Create().ComputeHash($Bytes)
    [BitConverter]::ToString($hash).Replace('-', '').ToLower()
}

# An answer of more than 3 MiB is not sent: as base64 it would be more than the auditor takes for one topic.
function Write-Frame([string]$Topic, [string]$Status, [int64]$Milliseconds, $Data) {
    $bytes = $Utf8.GetBytes((ConvertTo-Json -InputObject $Data -Depth 8 -Compress))
    if ($bytes.Length -gt 3145728) {
        $Status = 'too_large'
        $bytes = $Utf8.GetBytes('{}')
    }
    $line = 'SSOAUDIT/1 {0} {1} {2} {3} {4}' -f $Topic, $Status, $Milliseconds, (Get-Sha256 $bytes), [Convert]::ToBase64String($bytes)
    [Console]::Out.WriteLine($line)
    [Console]::Out.Flush()
}

function Get-TextOrNull($Value) {
    if ($null -eq $Value -or [string]$Value -eq '') { return $null }
    [string]$Value
}

# A bare cast makes '' or 0 of what was not told, and 0 is a state (online, up): nothing stays nothing here.
function Get-Text($Value) {
    if ($null -eq $Value) { return $null }
    [string]$Value
}

function Get-Number($Value) {
    if ($null -eq $Value) { return $null }
    [int64]$Value
}

# A number that the auditor gave, or the usual one; never less than 1 or more than the most.
function Get-Bounded($Value, [int64]$Usual, [int64]$Most) {
    $number = if ($null -eq $Value) { $Usual } else { [int64]$Value }
    if ($number -lt 1) { return [int64]1 }
    if ($number -gt $Most) { return $Most }
    $number
}

# Text that is only shown: what is longer is cut.
function Get-ShortText($Value) {
    $text = Get-TextOrNull $Value
    if ($null -ne $text -and $text.Length -gt 1024) { return $text.Substring(0, 1024) }
    $text
}

function Get-Time($Value) {
    if ($null -eq $Value) { return $null }
    $Value.ToUniversalTime().ToString('o')
}

function Stop-Absent([string]$What) {
    throw @{ absent = $What }
}

function ConvertTo-Failure($Record) {
    $thrown = $Record.TargetObject
    if ($thrown -is [Collections.IDictionary] -and $thrown.Contains('absent')) {
        return [ordered]@{ status = 'absent'; type = ''; code = ''; message = [string]$thrown.absent; where = '' }
    }
    $exception = $Record.Exception
    while ($null -ne $exception.InnerException) { $exception = $exception.InnerException }
    # A CIM failure's HResult is always the same number; the code of WMI stands in MessageId.
    $code = '0x{0:X8}' -f $exception.HResult
    if ([string]$exception.MessageId -match '0x[0-9A-Fa-f]{8}') { $code = '0x' + $Matches[0].Substring(2).ToUpper() }
    # So is that of a Win32 error. CIM has a NativeErrorCode too, which counts otherwise: the type decides.
    if ($exception -is [ComponentModel.Win32Exception]) { $code = '0x8007{0:X4}' -f $exception.NativeErrorCode }
    # The last one is .NET's SecurityException.
    $denied = $code -eq '0x80070005' -or $code -eq '0x80041003' -or $code -eq '0x8013150A'
    [ordered]@{
        status = if ($denied) { 'denied' } else { 'error' }
        type = [string]$exception.GetType().FullName
        code = $code
        message = Get-ShortText $exception.Message
        where = [string]$Record.InvocationInfo.ScriptLineNumber
    }
}

# Registry reads go through StdRegProv below HKEY_LOCAL_MACHINE: 0 is an answer, 1 and 2 mean that there is nothing, 5 is denied.
function Invoke-Registry([string]$Method, [string]$Key, [hashtable]$More) {
    $arguments = @{ hDefKey = $LocalMachine; sSubKeyName = $Key } + $More
    $answer = Invoke-CimMethod -Namespace root/cimv2 -ClassName StdRegProv -MethodName $Method -Arguments $arguments -OperationTimeoutSec 10
    $code = $answer.ReturnValue
    if ($code -eq 5) { throw (New-Object UnauthorizedAccessException "HKLM\$Key cannot be read") }
    if ($code -eq 1 -or $code -eq 2) { return $null }
    # 0x80041005 says that the value is of another type.
    if ($code -eq 2147749893) { throw (New-Object InvalidCastException "$($More['sValueName']) of HKLM\$Key is of another type than it should be") }
    if ($code -ne 0) { throw "StdRegProv.$Method of HKLM\$Key gave $code" }
    $answer
}

function Get-RegistryKeyNames([string]$Key) {
    $answer = Invoke-Registry EnumKey $Key @{}
    if ($null -eq $answer) { return $null }
    @{ Names = @($answer.sNames | Where-Object { $null -ne $_ } | ForEach-Object { [string]$_ }) }
}

function Get-RegistryValueNames([string]$Key) {
    $answer = Invoke-Registry EnumValues $Key @{}
    if ($null -ne $answer) { $answer.sNames | Where-Object { $null -ne $_ } | ForEach-Object { [string]$_ } }
}

function Get-RegistryText([string]$Key, [string]$Name) {
    $answer = Invoke-Registry GetStringValue $Key @{ sValueName = $Name }
    if ($null -eq $answer) { return $null }
    Get-TextOrNull $answer.sValue
}

# A value of another type is lacking, and no more than it: ConvertTo-Capped takes what is lacking out of the answer.
function Get-PartText([string]$Key, [string]$Name, $Lacking, [string]$Part) {
    try {
        Get-RegistryText $Key $Name
    } catch {
        $failure = ConvertTo-Failure $_
        if ($failure.type -ne 'System.InvalidCastException') { throw }
        $Lacking[$Part] = $failure.message
    }
}

function Get-PartNumber([string]$Key, [string]$Name, $Lacking, [string]$Part) {
    try {
        Get-RegistryNumber $Key $Name
    } catch {
        $failure = ConvertTo-Failure $_
        if ($failure.type -ne 'System.InvalidCastException') { throw }
        $Lacking[$Part] = $failure.message
    }
}

function Get-RegistryStrings([string]$Key, [string]$Name) {
    $answer = Invoke-Registry GetMultiStringValue $Key @{ sValueName = $Name }
    if ($null -ne $answer) { $answer.sValue | Where-Object { $null -ne $_ } | ForEach-Object { [string]$_ } }
}

function Get-RegistryNumber([string]$Key, [string]$Name) {
    $answer = Invoke-Registry GetDWORDValue $Key @{ sValueName = $Name }
    if ($null -eq $answer) { return $null }
    Get-Number $answer.uValue
}

function Get-Flag($Value) {
    if ($null -eq $Value) { return $null }
    [bool]$Value
}

# A list beyond its cap is lacking as a whole: of a cut one, nobody could say what it does not hold.
function ConvertTo-Capped($Data, $Lacking, [hashtable]$Caps) {
    foreach ($name in @($Caps.Keys)) {
        if ($Data.Contains($name) -and @($Data[$name]).Count -gt $Caps[$name]) {
            $Lacking[$name] = 'there are more than ' + $Caps[$name]
        }
    }
    foreach ($name in @($Lacking.Keys)) { $Data.Remove($name) }
    if ($Lacking.Count -gt 0) { $Data.lacking = $Lacking }
    $Data
}

# The first 1024 bytes of a value, as base64.
function Get-RegistryBytes([string]$Key, [string]$Name) {
    $answer = Invoke-Registry GetBinaryValue $Key @{ sValueName = $Name }
    if ($null -eq $answer) { return $null }
    [Convert]::ToBase64String([byte[]]@($answer.uValue | Where-Object { $null -ne $_ } | Select-Object -First 1024))
}
