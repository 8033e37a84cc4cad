"""Files for others: XLSX and Word, plain or in a district's own form, all made from one `Content`."""
