using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Profiles.Files;
using Spectre.Console;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner profile</c>: what is written about pictures.</summary>
internal static class ProfileCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create() => new("profile", "Lists, shows and checks profiles: what is written about pictures, in which languages and limits.")
    {
        CreateList(),
        CreateShow(),
        ProfileCheckCommand.Create(),
    };

    private static ExampleCommand CreateList()
    {
        var reports = new OutputArguments();
        var command = new ExampleCommand("list", "Lists the built-in profiles.")
        {
            Examples = [("captioner profile list --json", "For machines: an array of name, version, languages, fields, comment.")],
        };
        reports.AddTo(command);
        command.SetAction(async (parse, _) =>
        {
            IReadOnlyList<ProfileListing> listings =
                [.. BuiltInProfiles.All.Select(p => new ProfileListing(p.Name, p.Version, [.. p.Languages.Select(l => l.Tag)], [.. p.Fields.Select(f => f.Name)], p.Comment))];
            if (reports.Json(parse))
            {
                await Console.Out.WriteLineAsync(JsonSerializer.Serialize(listings, CliJson.Lines.IReadOnlyListProfileListing));
                return ExitCode.Done;
            }

            var table = new Table().RoundedBorder().AddColumns("name", "writes", "what it is for");
            foreach (var listing in listings)
            {
                table.AddRow($"[bold]{Markup.Escape(listing.Name)}[/]", Markup.Escape(string.Join(", ", listing.Fields)), Markup.Escape(listing.Comment));
            }

            AnsiConsole.Write(table);
            return ExitCode.Done;
        });
        return command;
    }

    private static ExampleCommand CreateShow()
    {
        var name = new Argument<string>("NAME|FILE") { Description = "A built-in profile or a JSON file." };
        var prompt = new Option<bool>("--prompt") { Description = "Show what the model is told instead: system text and instruction." };
        var reports = new OutputArguments();
        var command = new ExampleCommand("show", "Writes a profile in full as JSON, after what it starts from: a file to save and edit.")
        {
            Examples =
            [
                ("captioner profile show google-merchant > my.json", "A profile of one's own to begin with; then: captioner up --profile my.json"),
                ("captioner profile show default --prompt", "What the model is told."),
            ],
        };
        command.Add(name);
        command.Add(prompt);
        reports.AddTo(command);
        command.SetAction(async (parse, _) =>
        {
            var profile = ProfileArgument.Find(parse.GetRequiredValue(name));
            var json = reports.Json(parse);
            var written = ProfileWriter.Write(profile);
            await Console.Out.WriteLineAsync(
                parse.GetValue(prompt)
                    ? json
                        ? JsonSerializer.Serialize(new ProfilePromptText(profile.System, profile.Instruction), CliJson.Lines.ProfilePromptText)
                        : string.Join("\n\n", ((string[])[profile.System, profile.Instruction]).Where(t => t.Length > 0))
                    : json ? JsonSerializer.Serialize(JsonNode.Parse(written), CliJson.Lines.JsonNode) : written);
            return ExitCode.Done;
        });
        return command;
    }
}
