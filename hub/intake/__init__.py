"""What somebody submits, recognised and taken apart: `hub.intake.reading.take` begins."""
