using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Catalogs;
using BlobCaptioner.Profiles.Files;
using Spectre.Console;
using Profile = BlobCaptioner.Profiles.Profile;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner profile</c>: lists, shows and checks profiles.</summary>
internal static class ProfileCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create() => new("profile", "Lists, shows and checks profiles, which say what is written, in which languages and limits.")
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
            await reports.WriteAsync(parse, listings, CliJson.Lines.IReadOnlyListProfileListing, Write);
            return ExitCode.Done;
        });
        return command;
    }

    private static void Write(IReadOnlyList<ProfileListing> listings)
    {
        var table = new Table().RoundedBorder().AddColumns("name", "writes", "what it is for");
        foreach (var listing in listings)
        {
            table.AddRow($"[bold]{Markup.Escape(listing.Name)}[/]", Markup.Escape(string.Join(", ", listing.Fields)), Markup.Escape(listing.Comment));
        }

        AnsiConsole.Write(table);
    }

    private static ExampleCommand CreateShow()
    {
        var name = new Argument<string>("NAME|FILE") { Description = "A built-in profile or a JSON file." };
        var prompt = new Option<bool>("--prompt") { Description = "Show the prompt instead: system text and instruction." };
        var reports = new OutputArguments();
        var command = new ExampleCommand("show", "Writes a complete profile as JSON, to save and edit.")
        {
            Examples =
            [
                ("captioner profile show google-merchant > my.json", "Start of your own profile; then: captioner up --profile my.json"),
                ("captioner profile show default --prompt", "The prompt."),
            ],
        };
        command.AddAll(name, prompt, reports);
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

/// <summary><c>captioner profile check</c>.</summary>
internal static class ProfileCheckCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var files = new Argument<string[]>("FILE") { Description = "Profile files, _captioner.json and _catalog.csv.", Arity = ArgumentArity.OneOrMore };
        var basis = new Option<string>("--profile", "-p")
        {
            Description = "The profile that a _captioner.json without a profile changes.",
            HelpName = "NAME|FILE",
            DefaultValueFactory = _ => BuiltInProfiles.Default.Name,
        };
        var reports = new OutputArguments();
        var command = new ExampleCommand(
            "check",
            "Checks profile files, _captioner.json and _catalog.csv, and lists all problems with file, path and allowed values. "
            + "The exit code is 1 if a file is not valid, 2 if one is missing.")
        {
            Examples =
            [
                ("captioner profile check my.json photos/_captioner.json photos/_catalog.csv", "Checks files before they are uploaded."),
                ("captioner profile check --json my.json", "For machines: an object a file with file, kind (profile, folder, catalog), ok, problems, name, version, rows."),
            ],
        };
        command.AddAll(files, basis, reports);
        command.SetAction(async (parse, _) =>
        {
            var (broken, json) = (0, reports.Json(parse));
            var start = ProfileArgument.Find(parse.GetRequiredValue(basis));
            foreach (var file in parse.GetRequiredValue(files))
            {
                var found = Check(file, start);
                broken += found.Ok ? 0 : 1;
                await Console.Out.WriteLineAsync(json ? JsonSerializer.Serialize(found, CliJson.Lines.ProfileCheck) : Text(found));
            }

            return broken > 0 ? ExitCode.SomeFailed : ExitCode.Done;
        });
        return command;
    }

    private static string Text(ProfileCheck found) => !found.Ok ? string.Join('\n', found.Problems)
        : found.Rows is { } rows ? $"{found.File}: ok, {rows} rows"
        : $"{found.File}: ok, {found.Name} {found.Version}";

    private static ProfileCheck Check(string file, Profile basis)
    {
        var name = Path.GetFileName(file);
        var kind = name.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) ? "catalog" : name == FolderSettings.FileName ? "folder" : "profile";
        try
        {
            if (kind == "catalog")
            {
                return new() { File = file, Kind = kind, Rows = ProductCatalogReader.Read(Read(file, ProductCatalogReader.MaxBytes), file).Rows };
            }

            var content = Read(file, ProfileReader.MaxBytes);
            var profile = kind == "folder" ? ProfileReader.ReadFolder(content, file, basis, custom => FindCustom(file, custom)) : ProfileReader.Read(content, file);
            return new() { File = file, Kind = kind, Name = profile.Name, Version = profile.Version };
        }
        catch (ProfileException error)
        {
            return new() { File = file, Kind = kind, Problems = error.Problems };
        }
    }

    private static byte[] Read(string file, int limit)
    {
        try
        {
            // one byte over the limit is enough for the error
            using var stream = File.OpenRead(file);
            var content = new byte[Math.Min(stream.Length, limit + 1L)];
            stream.ReadExactly(content);
            return content;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"'{file}' can't be read: {error.Message}", error);
        }
    }

    // _profiles/ is at the top of the container: here in the file's folder or one above it
    private static Profile? FindCustom(string file, string name)
    {
        for (var folder = Path.GetDirectoryName(Path.GetFullPath(file)); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var path = Path.Combine(folder, FolderSettings.CustomProfile(name));
            if (!name.AsSpan().ContainsAny('/', '\\') && File.Exists(path))
            {
                return ProfileReader.ReadFile(path);
            }
        }

        return null;
    }
}

/// <summary>The result for a checked file, for <c>captioner profile check --json</c>.</summary>
internal sealed record ProfileCheck
{
    /// <summary>The file, as given.</summary>
    public required string File { get; init; }

    /// <summary><c>profile</c>, <c>folder</c> or <c>catalog</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>True if it has no problems.</summary>
    public bool Ok => Problems.Count == 0;

    /// <summary>Problems, with file, path, value and allowed values.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>The profile's name; null for a catalogue.</summary>
    public string? Name { get; init; }

    /// <summary>The profile's version; null for a catalogue.</summary>
    public string? Version { get; init; }

    /// <summary>The catalogue's rows; null for a profile.</summary>
    public int? Rows { get; init; }
}

/// <summary>A built-in profile, for <c>captioner profile list --json</c>.</summary>
internal sealed record ProfileListing(string Name, string Version, IReadOnlyList<string> Languages, IReadOnlyList<string> Fields, string Comment);

/// <summary>The prompt, for <c>captioner profile show --prompt --json</c>.</summary>
internal sealed record ProfilePromptText(string System, string Instruction);
