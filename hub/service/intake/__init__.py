"""What somebody submits, recognised and taken apart: `hub.service.intake.reading.take` begins."""
