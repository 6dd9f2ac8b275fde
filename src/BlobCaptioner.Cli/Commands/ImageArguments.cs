using System.CommandLine;
using System.Globalization;
using BlobCaptioner.Images;
using BlobCaptioner.Validation;

namespace BlobCaptioner.Cli.Commands;

/// <summary>
/// Options of image preparation. Each has an environment variable (<c>Images__MaxMegapixels</c>), with the name of the function app's setting.
/// </summary>
internal sealed class ImageArguments : OptionGroup
{
    private static readonly ImageOptions Defaults = new();

    private readonly Option<string?> _megabytes = Setting("--max-megabytes", nameof(ImageOptions.MaxMegabytes), "N", $"Largest file, in MB. Default {Defaults.MaxMegabytes}.");

    private readonly Option<string?> _megapixels = Setting(
        "--max-megapixels", nameof(ImageOptions.MaxMegapixels), "N", $"Most pixels of a picture, in millions. Default {Defaults.MaxMegapixels}.");

    private readonly Option<string?> _timeout = Setting(
        "--image-timeout", nameof(ImageOptions.Timeout), "SECONDS", $"Longest time that preparing one picture may take. Default {Defaults.Timeout.TotalSeconds:0}.");

    private readonly Option<string?> _background = Setting(
        "--background", nameof(ImageOptions.Background), "#RRGGBB", $"Colour behind transparent parts. Default {Defaults.Background}.");

    /// <inheritdoc/>
    public override void AddTo(Command command)
    {
        command.AddAll(_megabytes, _megapixels, _timeout, _background);
    }

    /// <summary>The chosen settings.</summary>
    /// <exception cref="UsageException">A value is not a number, or out of range.</exception>
    public ImageOptions Read(ParseResult parse)
    {
        var options = new ImageOptions();
        options.MaxMegabytes = Whole(parse, _megabytes, nameof(ImageOptions.MaxMegabytes)) ?? options.MaxMegabytes;
        options.MaxMegapixels = Whole(parse, _megapixels, nameof(ImageOptions.MaxMegapixels)) ?? options.MaxMegapixels;
        options.Timeout = Time(parse) ?? options.Timeout;
        options.Background = Text(parse, _background, nameof(ImageOptions.Background)).Value ?? options.Background;
        var problems = new ImageOptionsValidator().Problems(options, Variable);
        return problems.Count == 0 ? options : throw new UsageException(string.Join(' ', problems));
    }

    // seconds, or hh:mm:ss as in the function app's settings, which share the variable
    private TimeSpan? Time(ParseResult parse) =>
        Text(parse, _timeout, nameof(ImageOptions.Timeout)).Value is { } given && given.Contains(':', StringComparison.Ordinal)
            && TimeSpan.TryParse(given, CultureInfo.InvariantCulture, out var time)
            ? time
            : Number(parse, _timeout, nameof(ImageOptions.Timeout)) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    private static int? Whole(ParseResult parse, Option<string?> option, string property) => Number(parse, option, property) switch
    {
        null => null,
        { } number when double.IsInteger(number) => (int)number,
        { } number => throw new UsageException(string.Create(
            CultureInfo.InvariantCulture, $"{Text(parse, option, property).From} is {number}; give a whole number, such as {Math.Ceiling(number)}.")),
    };

    private static double? Number(ParseResult parse, Option<string?> option, string property)
    {
        var (given, from) = Text(parse, option, property);
        if (given is null)
        {
            return null;
        }

        return double.TryParse(given, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && Math.Abs(number) < 1_000_000
            ? number
            : throw new UsageException($"{from} is '{given}', which is not a number below 1000000.");
    }

    private static (string? Value, string From) Text(ParseResult parse, Option<string?> option, string property)
    {
        var variable = Variable(property);
        return parse.GetValue(option) is { } given ? (given, option.Name) : (Environment.GetEnvironmentVariable(variable), variable);
    }

    private static string Variable(string property) => $"{ImageOptions.Section}__{property}";

    private static Option<string?> Setting(string name, string property, string helpName, string description) =>
        new(name) { Description = $"{description} Or set {Variable(property)}.", HelpName = helpName };
}
