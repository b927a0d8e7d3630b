SELECT TOP (1001)
    wp_msid, COUNT_BIG(wp_timestamp) AS number, MIN(wp_timestamp) AS oldest, MAX(wp_timestamp) AS newest
FROM dbo.SSOX_WindowsPassword
GROUP BY wp_msid
ORDER BY wp_msid
