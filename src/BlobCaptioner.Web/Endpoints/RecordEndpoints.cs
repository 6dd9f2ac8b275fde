using BlobCaptioner.Web.Api;
using BlobCaptioner.Web.Pictures;
using BlobCaptioner.Web.Records;
using BlobCaptioner.Web.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace BlobCaptioner.Web.Endpoints;

/// <summary>Records: shows, edits and reviews them, and has them written anew.</summary>
internal static class RecordEndpoints
{
    private const int MaxNames = 1_000;
    private const int MaxNameLength = 80;
    private const int MaxParts = 200;

    public static void Map(IEndpointRouteBuilder api, RecordEditor desk, RequestGuard guard)
    {
        api.MapGet("/record", async Task<Ok<RecordView>> (string name, CancellationToken cancel) => TypedResults.Ok(await desk.ReadAsync(PictureNames.Item(name), cancel)))
            .WithSummary("The record of a picture or product, with the limits of its fields");
        api.MapPatch("/record", async Task<Results<Ok<RecordView>, Conflict<EditConflict>>> (string name, EditRequest body, HttpRequest request, CancellationToken cancel) =>
                Answer(await desk.EditAsync(PictureNames.Item(name), body, PersonOf(guard, request, body.By), cancel)))
            .WithSummary("Edits fields of a record")
            .WithDescription("The edits are stored in the record's review, signed. If a field was changed since it was seen, nothing is stored and the answer is 409 "
                + "with the current record. Edits of different fields do not conflict.");
        api.MapPost("/review", async Task<Results<Ok<RecordView>, Conflict<EditConflict>>> (string name, ReviewRequest body, HttpRequest request, CancellationToken cancel) =>
                Answer(await desk.DecideAsync(PictureNames.Item(name), body, PersonOf(guard, request, body.By), cancel)))
            .WithSummary("Approves, rejects or reopens a record, or undoes the last step");
        api.MapPost("/redo", async Task<Ok<RedoResult>> (RedoAsk body, CancellationToken cancel) =>
            {
                if (body.Names.Count is < 1 or > MaxNames)
                {
                    throw new ApiException(400, "names-invalid", $"The request has {body.Names.Count} names.", $"Give 1 to {MaxNames}.");
                }

                if (body.Fields.Count > MaxParts || body.Languages.Count > MaxParts)
                {
                    throw new ApiException(
                        400, "redo-invalid", $"The request has {body.Fields.Count} fields and {body.Languages.Count} languages.", $"Give at most {MaxParts} of each.");
                }

                return TypedResults.Ok(await desk.RedoAsync(body with { Names = [.. body.Names.Select(n => PictureNames.Item(n))] }, cancel));
            })
            .WithSummary("Has records written anew: all fields, some fields or languages, or with another profile")
            .WithDescription("The new wording differs from the old one. Edits of people stay. The old copy stays until the new one is written.");
    }

    private static Results<Ok<RecordView>, Conflict<EditConflict>> Answer((RecordView? Now, EditConflict? Conflict) result) =>
        result.Now is { } now ? TypedResults.Ok(now) : TypedResults.Conflict(result.Conflict);

    private static string? PersonOf(RequestGuard guard, HttpRequest request, string? said)
    {
        var who = (guard.Person(request) ?? said)?.Trim();
        return string.IsNullOrEmpty(who) ? null
            : who.Length <= MaxNameLength && !who.Any(char.IsControl) ? who
            : throw new ApiException(
                400, "name-invalid", $"The editor's name has {who.Length} characters or a control character.", $"Give at most {MaxNameLength} characters, without control characters.");
    }
}
