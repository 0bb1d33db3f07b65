"""The lab: train in the browser and watch it learn.

The server (`serve`, `app`, `guard`, `sockets`, `tabs`, `staff`) never imports torch; nets are
trained in processes of their own (`workers/`). `messages` is all that page and server say.
"""
