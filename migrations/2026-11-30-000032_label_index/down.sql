drop index complaint_labels;
