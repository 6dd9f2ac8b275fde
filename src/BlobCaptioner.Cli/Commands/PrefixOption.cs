using System.CommandLine;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Cli.Commands;

/// <summary>The option <c>--prefix</c>.</summary>
internal static class PrefixOption
{
    public static Option<string?> Create()
    {
        var option = new Option<string?>("--prefix") { Description = "Only names that start with this: a folder with its slash.", HelpName = "TEXT" };
        option.Validators.Add(result =>
        {
            // Of a name, the prefix is the beginning: it may end in a slash.
            if (result.GetValueOrDefault<string?>() is { Length: > 0 } prefix && ImageNames.Problem(prefix + "x") is { } why)
            {
                result.AddError($"--prefix '{ImageNames.Printable(prefix)}' can't begin a picture's name: it {why}.");
            }
        });
        return option;
    }
}
