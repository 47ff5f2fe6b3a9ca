"""The promoter's screen in a browser, on the embedded stack: `make app`."""

from devstack.page.app import AppStack as AppStack
from devstack.page.scene import User as User
