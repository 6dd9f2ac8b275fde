using System.CommandLine;
using System.Globalization;

namespace BlobCaptioner.Cli.Commands;

/// <summary>Makes options for numbers with a range.</summary>
internal static class NumberOption
{
    /// <summary>An option with a default.</summary>
    public static Option<int> Create(string name, string description, int value, int least, int most) =>
        Checked(new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => value }, least, most);

    /// <summary>An option that may be left out.</summary>
    public static Option<int?> Create(string name, string description, int least, int most) =>
        Checked(new Option<int?>(name) { Description = description, HelpName = "N" }, least, most);

    /// <summary>An option for an amount up to 1000000, which has a decimal point in every culture.</summary>
    public static Option<decimal?> CreateAmount(string name, string description, string example, bool mayBeZero = true) => new(name)
    {
        Description = description,
        HelpName = "AMOUNT",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount) && amount <= 1_000_000 && (mayBeZero || amount > 0))
            {
                return amount;
            }

            result.AddError($"{name} is '{text}'; give an amount such as {example}, {(mayBeZero ? "0" : "above 0")} to 1000000.");
            return null;
        },
    };

    private static T Checked<T>(T option, int least, int most)
        where T : Option
    {
        // the parser reports what is not a number
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, out var given) && (given < least || given > most))
            {
                result.AddError($"{option.Name} is {given}; it must be {least} to {most}.");
            }
        });
        return option;
    }
}
