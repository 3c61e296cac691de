"""What a drill's folder is turned into: results, reports, evidence."""
