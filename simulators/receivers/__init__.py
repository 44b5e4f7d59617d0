"""Far ends of what leaves the hub: group robots, webhooks, short messages, a mailbox, a station.

They judge as the vendors' pages say, by code of their own: nothing here is shared with the sender.
"""
