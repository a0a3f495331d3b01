drop table delivery;
drop table subscription_change;
drop table subscription;
