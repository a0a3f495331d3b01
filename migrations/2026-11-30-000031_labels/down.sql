alter table complaint drop column labels;
