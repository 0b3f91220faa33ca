"""What people write, files and answers to questions, goes in; the records of a case come out."""
