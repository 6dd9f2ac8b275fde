using System.CommandLine;
using System.Text.Json;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Catalogs;
using BlobCaptioner.Profiles.Files;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner profile check</c>.</summary>
internal static class ProfileCheckCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var files = new Argument<string[]>("FILE") { Description = "Profile files, _captioner.json and _catalog.csv.", Arity = ArgumentArity.OneOrMore };
        var basis = new Option<string>("--profile", "-p")
        {
            Description = "What a _captioner.json changes that names no profile of its own.",
            HelpName = "NAME|FILE",
            DefaultValueFactory = _ => BuiltInProfiles.Default.Name,
        };
        var reports = new OutputArguments();
        var command = new ExampleCommand(
            "check",
            "Checks profile files, _captioner.json and _catalog.csv as the container's would be, and names all that is wrong with file, path and the allowed values. "
            + "Exit code 1 if one is broken, 2 if one is missing.")
        {
            Examples =
            [
                ("captioner profile check my.json photos/_captioner.json photos/_catalog.csv", "Before they are uploaded."),
                ("captioner profile check --json my.json", "For machines: an object a file with file, kind (profile, folder, catalog), ok, problems, name, version, rows."),
            ],
        };
        command.Add(files);
        command.Add(basis);
        reports.AddTo(command);
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
            // one byte over the limit is enough to be told of it
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

    // what _profiles/ at the container's top will be: in the file's folder or one above it
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
