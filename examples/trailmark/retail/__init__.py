"""An invented shop, whose recorded tasks `manage.py replay_tool_tasks` lets happen again as governed actions."""

RETAIL_TOOLS = (
    "retail.tools.looking.FindUserByEmail",
    "retail.tools.looking.FindUserByNameZip",
    "retail.tools.looking.GetUserDetails",
    "retail.tools.looking.GetOrderDetails",
    "retail.tools.looking.GetProductDetails",
    "retail.tools.looking.GetItemDetails",
    "retail.tools.looking.ListProductTypes",
    "retail.tools.talking.Calculate",
    "retail.tools.talking.TransferToHumanAgents",
    "retail.tools.changing.CancelOrder",
    "retail.tools.changing.ChangeOrderAddress",
    "retail.tools.changing.ChangeOrderPayment",
    "retail.tools.changing.ChangeOrderItems",
    "retail.tools.changing.ExchangeItems",
    "retail.tools.changing.ReturnItems",
    "retail.tools.changing.ChangeUserAddress",
)
"""For CAIRNLOOP["TOOLS"]. Nobody holds the permissions they ask for but the staff of a replay."""
