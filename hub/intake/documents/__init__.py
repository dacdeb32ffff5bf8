"""Documents as people send them: pages, PDF, mails with what is attached, archives.

`hub.intake.documents.values.values_of` begins. What parses a format that can run away does so in a
process of its own, with limits on time and memory.
"""
