update complaint set undelivered = false where undelivered;
