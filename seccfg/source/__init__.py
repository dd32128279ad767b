"""Reading: files to Documents. Nothing outside this package opens a file for reading."""
