using BlobCaptioner.Web.Api;
using BlobCaptioner.Web.Pictures;
using BlobCaptioner.Web.Records;
using BlobCaptioner.Web.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace BlobCaptioner.Web.Endpoints;

/// <summary>Records: see, edit, decide, write anew.</summary>
internal static class RecordEndpoints
{
    private const int MostNames = 1_000;
    private const int LongestName = 80;

    public static void Map(IEndpointRouteBuilder api, RecordDesk desk, RequestGuard guard)
    {
        api.MapGet("/record", async Task<Ok<RecordView>> (string name, CancellationToken cancel) => TypedResults.Ok(await desk.ReadAsync(PictureNames.Item(name), cancel)))
            .WithSummary("A picture's or product's record, with what may stand in its fields");
        api.MapPatch("/record", async Task<Results<Ok<RecordView>, Conflict<EditConflict>>> (string name, EditRequest body, HttpRequest request, CancellationToken cancel) =>
                Answer(await desk.EditAsync(PictureNames.Item(name), body, Who(guard, request, body.By), cancel)))
            .WithSummary("Edits fields of a record")
            .WithDescription("Stored in the record's review, signed. Where a field was changed since it was seen, nothing is stored: 409 with the record as it is now. Edits of different fields do not disturb each other.");
        api.MapPost("/review", async Task<Results<Ok<RecordView>, Conflict<EditConflict>>> (string name, ReviewRequest body, HttpRequest request, CancellationToken cancel) =>
                Answer(await desk.DecideAsync(PictureNames.Item(name), body, Who(guard, request, body.By), cancel)))
            .WithSummary("Approves a record, rejects it, opens it again, or takes the last step back");
        api.MapPost("/redo", async Task<Ok<RedoResult>> (RedoAsk body, CancellationToken cancel) =>
            {
                if (body.Names.Count is < 1 or > MostNames)
                {
                    throw new ApiException(400, "names-invalid", $"There are {body.Names.Count} names.", $"Give 1 to {MostNames}.");
                }

                return TypedResults.Ok(await desk.RedoAsync(body with { Names = [.. body.Names.Select(n => PictureNames.Item(n))] }, cancel));
            })
            .WithSummary("Has records written anew: all of them, some fields, some languages, or with another profile")
            .WithDescription("Other words than before; what a person wrote stays. The old copy stays until the new one is there.");
    }

    private static Results<Ok<RecordView>, Conflict<EditConflict>> Answer((RecordView? Now, EditConflict? Conflict) end) =>
        end.Now is { } now ? TypedResults.Ok(now) : TypedResults.Conflict(end.Conflict);

    private static string? Who(RequestGuard guard, HttpRequest request, string? said)
    {
        var who = (guard.Person(request) ?? said)?.Trim();
        return string.IsNullOrEmpty(who) ? null
            : who.Length <= LongestName && !who.Any(char.IsControl) ? who
            : throw new ApiException(400, "name-invalid", $"The name of who edits has {who.Length} characters or a control character.", $"At most {LongestName} characters.");
    }
}
