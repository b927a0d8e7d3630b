function Read-Env {
    $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object Security.Principal.WindowsPrincipal $identity
    [ordered]@{
        computer_name = [string]$env:COMPUTERNAME
        time = [DateTime]::UtcNow.ToString('o')
        powershell_version = [string]$PSVersionTable.PSVersion
        language_mode = [string]$ExecutionContext.SessionState.LanguageMode
        is_64_bit = [Environment]::Is64BitProcess
        culture = [string][Globalization.CultureInfo]::CurrentCulture.Name
        user = [string]$identity.Name
        user_sid = [string]$identity.User.Value
        is_elevated = $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
    }
}
