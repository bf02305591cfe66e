"""`annals users reset-second-factors`: lets a person in who has lost phone and recovery codes."""

import click

from application.commands.identity.second_factors import RemoveSecondFactor
from application.parts import AdministrationParts
from domain.identity.second_factors import SecondFactors
from domain.values.streams import second_factors_stream
from interfaces.operations.accounts.administration import account_named, administer
from interfaces.operations.operator import operator_context, operator_option


@click.command("reset-second-factors")
@click.argument("account", metavar="EMAIL_OR_ID")
@operator_option
def reset_second_factors(account: str, operator: str) -> None:
    """Remove all second factors of an account: the password alone opens it again.

    Make sure first that it is the owner who asks. A mail tells the owner of each removal.
    """

    async def work(parts: AdministrationParts) -> int:
        account_id, who = await account_named(parts, account), operator_context(operator)
        stream = second_factors_stream(account_id)
        state = await parts.commands.current_state(SecondFactors(), stream)
        for factor in state.factors:
            remove = RemoveSecondFactor(account_id=account_id, factor_id=factor.id)
            await parts.commands.handle(remove, who)
        await parts.forget_second_factors(account_id)
        return len(state.factors)

    click.echo(f"Second factors removed: {administer(work)}.")
