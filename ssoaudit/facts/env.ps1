function Read-Env {
    $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object Security.Principal.WindowsPrincipal $identity
    [ordered]@{
        computer_name = Get-Text $env:COMPUTERNAME
        time = [DateTime]::UtcNow.ToString('o')
        powershell_version = [string]$PSVersionTable.PSVersion
        language_mode = [string]$ExecutionContext.SessionState.LanguageMode
        is_64_bit = [Environment]::Is64BitProcess
        culture = [string][Globalization.CultureInfo]::CurrentCulture.Name
        user = Get-Text $identity.Name
        user_sid = Get-Text $identity.User.Value
        is_elevated = $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
    }
}
