"""Administration: parties and rights, the audit log, and the state of the hub.

Every change goes through the services that the command line uses. A page shows what would be
touched before it destroys anything, and a form that was made from something that has changed
meanwhile is shown again instead of being obeyed.
"""
