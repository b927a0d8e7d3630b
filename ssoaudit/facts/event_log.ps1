function Get-LogSettings([string]$Log) { $settings = New-Object Diagnostics.Eventing.Reader.EventLogConfiguration $Log; try { [ordered]@{ is_enabled = [bool]$settings.IsEnabled } } finally { $settings.Dispose() } }

function Get-LogReader([string]$Log, [string]$Query, [bool]$IsNewestFirst) { $asked = New-Object Diagnostics.Eventing.Reader.EventLogQuery $Log, 'LogName', $Query; $asked.ReverseDirection = $IsNewestFirst; $asked.TolerateQueryErrors = $false; New-Object Diagnostics.Eventing.Reader.EventLogReader $asked }

# All reading of a topic together has 15 s.
function Get-NextRecord($Reader, $Watch) {
    $left = 15000 - $Watch.ElapsedMilliseconds
    if ($left -lt 1) { throw (New-Object TimeoutException 'the log gave no answer within 15 s') }
    $Reader.ReadEvent([TimeSpan]::FromMilliseconds($left))
}

function Get-EventString($Value) {
    $text = [string]$Value
    if ($text.Length -gt 256) { return $text.Substring(0, 256) }
    $text
}

# The event's text is never asked for: Windows would look for the provider's words, and fail where those are gone.
function ConvertTo-Event($Record) {
    try {
        [ordered]@{
            provider = Get-Text $Record.ProviderName
            id = Get-Number $Record.Id
            record_id = Get-Number $Record.RecordId
            time = Get-Time $Record.TimeCreated
            strings = @($Record.Properties | Where-Object { $null -ne $_ } | Select-Object -First 20 | ForEach-Object { Get-EventString $_.Value })
        }
    } finally {
        $Record.Dispose()
    }
}

function Get-OldestTime([string]$Log, $Watch) {
    $reader = Get-LogReader $Log '*' $false
    try {
        $record = Get-NextRecord $reader $Watch
        if ($null -eq $record) { return $null }
        try { Get-Time $record.TimeCreated } finally { $record.Dispose() }
    } finally {
        $reader.Dispose()
    }
}

# What was read before the time was up stands: it is the newest, and more is said to be there.
function Get-NewestEvents([string]$Log, [string]$Query, [int64]$Most, $Watch) {
    $room = 400000
    $number = 0
    $isCut = $false
    $reader = Get-LogReader $Log $Query $true
    try {
        $kept = @(while (-not $isCut) {
            try {
                $record = Get-NextRecord $reader $Watch
            } catch {
                # The timers of Windows are coarser than the watch.
                if ($Watch.ElapsedMilliseconds -lt 14900) { throw }
                $isCut = $true
                break
            }
            if ($null -eq $record) { break }
            $entry = ConvertTo-Event $record
            $number += 1
            foreach ($string in $entry.strings) { $room -= $string.Length }
            $isCut = ($number -gt $Most -or $room -lt 0)
            if (-not $isCut) { $entry }
        })
    } finally {
        $reader.Dispose()
    }
    [ordered]@{ is_truncated = $isCut; events = @($kept) }
}

# The log's own record and its oldest event come first: of a denied log it can also be said that nothing matched.
function Get-Events([string]$Log, [string]$Query) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    try {
        $settings = Get-LogSettings $Log
    } catch {
        if ((ConvertTo-Failure $_).type -ne 'System.Diagnostics.Eventing.Reader.EventLogNotFoundException') { throw }
        Stop-Absent "there is no event log $Log"
    }
    $oldest = Get-OldestTime $Log $watch
    $now = [DateTime]::UtcNow
    $since = $now.AddDays(-(Get-Bounded $Parameters.event_days 365 3650)).ToString('o')
    $window = 'TimeCreated[@SystemTime >= "' + $since + '"]'
    $found = Get-NewestEvents $Log ('*[System[' + $Query + ' and ' + $window + ']]') (Get-Bounded $Parameters.event_count 1000 5000) $watch
    [ordered]@{
        log = Get-Text $Log
        is_enabled = $settings.is_enabled
        read_at = $now.ToString('o')
        since = $since
        oldest = $oldest
        is_truncated = $found.is_truncated
        events = @($found.events)
    }
}
