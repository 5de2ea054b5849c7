"""What mails are about and what became of them, as clients see it."""

from domain.mail import MailStatus, MailTemplate
from domain.mail_delivery import MailDelivery
from schema.define import enum

__all__ = ["MailDelivery", "MailStatus", "MailTemplate"]

enum(
    MailStatus,
    {
        MailStatus.PENDING: "It is to be sent, or to be tried again.",
        MailStatus.SENT: "The mail server has taken it.",
        MailStatus.DEAD: "It was given up.",
    },
)
enum(
    MailTemplate,
    {
        MailTemplate.VERIFY_EMAIL: "A link and a code that prove an address.",
        MailTemplate.ACCOUNT_EXISTS: "Somebody wanted an address for an account that has one already.",
        MailTemplate.RESET_PASSWORD: "A link to choose another password.",
        MailTemplate.PASSWORD_CHANGED: "The password was changed.",
        MailTemplate.SIGN_IN: "A link and a code to sign in with.",
        MailTemplate.CHANGE_EMAIL: "A link that makes this the address of an account.",
        MailTemplate.EMAIL_CHANGED: "The account has another address by now; to the one before.",
        MailTemplate.SIGN_IN_METHODS_CHANGED: "There is another way to sign in, or one less.",
        MailTemplate.TWO_FACTOR_ENABLED: "Signing in takes a second factor from now on.",
        MailTemplate.TWO_FACTOR_DISABLED: "Signing in takes no second factor any more.",
        MailTemplate.RECOVERY_CODE_USED: "A recovery code was used up.",
        MailTemplate.ORDER_PLACED: "What was ordered, and until when it waits to be paid.",
        MailTemplate.ORDER_FULFILLED: "What of an order was delivered.",
        MailTemplate.ORDER_REFUNDED: "What of an order was given back.",
        MailTemplate.REFUND_DECLINED: "A refund that was asked for is not given.",
        MailTemplate.WEBHOOK_PAUSED: "A webhook of a group was paused; to those who look after the group.",
        MailTemplate.SUPPORT_ACCESS_BEGAN: "Support access to a group began; to its owners.",
    },
)
enum(
    MailDelivery,
    {
        MailDelivery.DELAYED: "Its receiver's mail server has not taken it yet.",
        MailDelivery.DELIVERED: "Its receiver's mail server has taken it.",
        MailDelivery.FAILED: "It could not be sent on.",
        MailDelivery.BOUNCED: "Its receiver's mail server refused it.",
        MailDelivery.COMPLAINED: "Its receiver called it unwanted.",
    },
)
