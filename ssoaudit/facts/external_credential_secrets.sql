SELECT TOP (1001)
    ec_pws_msid, ec_pns_msid, COUNT_BIG(ec_timestamp) AS number, MIN(ec_timestamp) AS oldest, MAX(ec_timestamp) AS newest
FROM dbo.SSOX_ExternalCredentials
GROUP BY ec_pws_msid, ec_pns_msid
ORDER BY ec_pws_msid, ec_pns_msid
