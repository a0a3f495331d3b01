drop index complaint_retained;
