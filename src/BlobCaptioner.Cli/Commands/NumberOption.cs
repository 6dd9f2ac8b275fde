using System.CommandLine;

namespace BlobCaptioner.Cli.Commands;

/// <summary>Makes options for whole numbers with a range.</summary>
internal static class NumberOption
{
    /// <summary>An option with a default.</summary>
    public static Option<int> Create(string name, string description, int value, int least, int most) =>
        Checked(new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => value }, least, most);

    /// <summary>An option that may be left out.</summary>
    public static Option<int?> Create(string name, string description, int least, int most) =>
        Checked(new Option<int?>(name) { Description = description, HelpName = "N" }, least, most);

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
