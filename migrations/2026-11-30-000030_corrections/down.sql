drop index event_customer_corrected;
