"""Far ends of the hub's outlets: group robots, a webhook, a gateway for short messages, a mailbox.

They judge as the vendors' pages say, by code of their own: nothing here is shared with the sender.
"""
