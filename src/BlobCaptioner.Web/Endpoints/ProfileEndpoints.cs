using System.Text;
using Azure;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Storage;
using BlobCaptioner.Web.Api;
using BlobCaptioner.Web.Setup;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace BlobCaptioner.Web.Endpoints;

/// <summary>Profiles: lists, shows, checks and stores them.</summary>
internal static class ProfileEndpoints
{
    private const string Folder = "_profiles/";

    public static void Map(IEndpointRouteBuilder api, WebContext context)
    {
        api.MapGet("/profiles", async Task<Ok<List<ProfileItem>>> (CancellationToken cancel) => TypedResults.Ok(await ListAsync(context, cancel)))
            .WithSummary("The built-in profiles and those of the container");
        api.MapGet("/profile", async Task<Ok<ProfileText>> (string name, CancellationToken cancel) => TypedResults.Ok(new ProfileText(await ReadAsync(context, name, cancel))))
            .WithSummary("A profile's file");
        api.MapGet("/profile/schema", () => TypedResults.Text(ProfileSchema.Text, "application/schema+json"))
            .WithSummary("JSON Schema of profile files");
        api.MapPost("/profile/check", Ok<ProfileReport> (ProfileText body) => TypedResults.Ok(Check(body.Json)))
            .WithSummary("Checks a profile file and shows the prompt");
        api.MapPut("/profile", async Task<Ok<ProfileReport>> (string name, ProfileText body, CancellationToken cancel) =>
            {
                var profile = Parse(body.Json);
                if (profile.Name != name || !ProfileFile.ProfileName().IsMatch(name))
                {
                    throw new ApiException(
                        400, "name-invalid", $"The profile says its name is '{profile.Name}', the request says '{name}'.", "Give both the same name, of lower-case letters, digits and '-'.");
                }

                await context.Storage.Images.GetBlobClient(FolderSettings.CustomProfile(name)).UploadAsync(
                    new BinaryData(Encoding.UTF8.GetBytes(body.Json)), new BlobUploadOptions { HttpHeaders = new() { ContentType = "application/json" } }, cancel);
                return TypedResults.Ok(Report(profile));
            })
            .WithSummary("Stores a profile in the container, as _profiles/NAME.json")
            .WithDescription("A folder uses it by naming it in its _captioner.json, a single record by a redo. Records of an earlier version are written anew.");
        api.MapDelete("/profile", async Task<NoContent> (string name, CancellationToken cancel) =>
            {
                await context.Storage.Images.GetBlobClient(FolderSettings.CustomProfile(ValidName(name))).DeleteIfExistsAsync(cancellationToken: cancel);
                return TypedResults.NoContent();
            })
            .WithSummary("Removes a profile from the container");
    }

    /// <summary>Reads a profile's text.</summary>
    /// <exception cref="ApiException">It is not valid; the message lists all problems.</exception>
    public static Profile Parse(string json)
    {
        var (profile, problems) = Read(json);
        return profile ?? throw new ApiException(400, "profile-broken", string.Join("; ", problems), "POST /api/profile/check lists all problems.");
    }

    private static (Profile? Profile, IReadOnlyList<string> Problems) Read(string json)
    {
        try
        {
            return (ProfileReader.Read(Encoding.UTF8.GetBytes(json), "profile"), []);
        }
        catch (ProfileException broken)
        {
            return (null, broken.Problems);
        }
    }

    private static ProfileReport Check(string json)
    {
        var (profile, problems) = Read(json);
        return profile is null ? new(IsSound: false, problems) : Report(profile);
    }

    private static ProfileReport Report(Profile profile) => new(
        IsSound: true,
        Problems: [],
        profile.System.Length > 0 ? $"{profile.System}\n\n{profile.Instruction}" : profile.Instruction,
        profile.Fields.Where(f => !f.IsAttribute).Sum(f => f.MaxCharacters * (f.Kind == FieldKind.TextList ? f.MaxItems : 1)));

    private static async Task<List<ProfileItem>> ListAsync(WebContext context, CancellationToken cancellationToken)
    {
        var items = new List<ProfileItem>();
        await foreach (var blob in context.Storage.Images.GetBlobsAsync(new GetBlobsOptions { Prefix = Folder }, cancellationToken))
        {
            if (Path.GetFileNameWithoutExtension(blob.Name) is var name && ProfileFile.ProfileName().IsMatch(name) && blob.Name == FolderSettings.CustomProfile(name))
            {
                var (profile, problems) = await TryReadAsync(context, name, cancellationToken);
                items.Add(profile is not null ? Item(profile, isBuiltIn: false) with { Name = name } : new() { Name = name, IsBuiltIn = false, Problem = string.Join("; ", problems) });
            }
        }

        return [.. items, .. BuiltInProfiles.All.Where(b => items.TrueForAll(i => i.Name != b.Name)).Select(b => Item(b, isBuiltIn: true))];
    }

    // One profile that can't be read doesn't hide the others.
    private static async Task<(Profile? Profile, IReadOnlyList<string> Problems)> TryReadAsync(WebContext context, string name, CancellationToken cancellationToken)
    {
        try
        {
            return Read(await ReadAsync(context, name, cancellationToken));
        }
        catch (ApiException broken)
        {
            return (null, [broken.Message]);
        }
        catch (RequestFailedException refused) when (refused.Status is 409 or 412)
        {
            return (null, [$"Storage refused it with {refused.Status} {refused.ErrorCode}."]);
        }
    }

    private static ProfileItem Item(Profile profile, bool isBuiltIn) => new()
    {
        Name = profile.Name,
        IsBuiltIn = isBuiltIn,
        Comment = profile.Comment,
        Fields = FieldView.Of(profile),
        Languages = [.. profile.Languages.Select(l => l.Tag)],
        ImageTokenBudget = profile.ImageTokenBudget,
    };

    private static async Task<string> ReadAsync(WebContext context, string name, CancellationToken cancellationToken)
    {
        try
        {
            var file = FolderSettings.CustomProfile(ValidName(name));
            var (content, details, _) = await context.Storage.Images.GetBlobClient(file).ReadUpToAsync(ProfileReader.MaxBytes, cancellationToken);
            return content?.ToString() ?? throw new ApiException(
                409, "profile-broken", $"{file}: has {details.ContentLength:N0} bytes; the most is {ProfileReader.MaxBytes:N0}.", "Shorten its lists, and upload it again.");
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
            return BuiltInProfiles.Find(name) is { } builtIn
                ? ProfileWriter.Write(builtIn)
                : throw new ApiException(404, "profile-unknown", $"There is no profile '{name}'.", $"Built in: {string.Join(", ", BuiltInProfiles.Names)}.");
        }
    }

    private static string ValidName(string name) => ProfileFile.ProfileName().IsMatch(name)
        ? name
        : throw new ApiException(400, "name-invalid", $"'{name}' is not a valid profile name.", "Use lower-case letters, digits and '-'.");
}
